"""With which settings: recipes, and those that come with it. Floor 6."""

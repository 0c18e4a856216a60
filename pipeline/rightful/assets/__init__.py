"""What is derived from exports: tokenizers, indexes, models, and what each was made of. Floor 6."""

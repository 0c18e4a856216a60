"""Near-duplicates: found by MinHash bands, verified by exact Jaccard, grouped around a kept record. Floor 5.

It marks and refuses nothing. :func:`rightful.dedup.near.near` drives it; this is the order of the work:

1. The signatures (:class:`rightful.stages.signature.Signature`) of all records, stored and new, are read once. Records
   of one ``norm_sha256`` are one *content*; contents are numbered in the order in which they become anchors.
2. ``candidates``: each signature has some bands; contents that agree in a whole band share a *bucket*. Band keys lie
   in Parquet files partitioned by the key, of which one is in memory at a time; a bucket gives pairs of contents.
3. ``verify``: a pair whose signatures differ too much is dropped, of the others the shingle sets are compared, then
   what stands between the words: symbols that carry a meaning, and of short texts all that they are.
4. ``groups``: the verified pairs become groups, and sources that would lose most of their records are named.

What is guaranteed, and tested:

* The answer is a function of the set of records (digest, signature, text) and the settings. Neither the order of
  files and rows, nor the number of workers, nor the size of batches, nor how the records were spread over several
  runs changes pairs, similarities or groups. A later run gives the pairs of earlier ones back through
  ``stored_pairs``, and they count exactly where a single run over everything would have made them candidates.
* That holds as long as records are added. Where records were removed, pairs that only a removed one in a bucket over
  the limit stood for are not looked for again; hand everything in as new to look again.
* Every pair has a similarity of at least the threshold, computed on whole sets of 64-bit hashes of shingles; and no pair
  is one of two texts that the same words make another thing: ``12 + 7`` and ``12 - 7``, C and C++.
* Any two members of a group have at least the threshold (``linkage = "complete"``): verified, or because both are so
  near to the anchor that they must (1 - Jaccard is a metric). So whichever member the permission leaves, the others
  are near-duplicates of it. No chain A~B~C puts A and C together.
* Memory does not grow with the size of a bucket squared: above a limit its members are compared with a few of them.
"""

"""What became of a batch, as a file to keep: a page with pictures for people, a table for programs."""

PAGE_SUFFIX = ".html"
TABLE_SUFFIX = ".csv"
SUFFIXES = (PAGE_SUFFIX, ".htm", TABLE_SUFFIX)

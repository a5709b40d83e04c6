"""The record of a key ceremony: a page to print, and to be signed by hand by those who were present."""

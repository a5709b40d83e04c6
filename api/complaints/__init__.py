"""Complaints of citizens: what is wrong or missing, whose task it is, until when, and what became of it."""

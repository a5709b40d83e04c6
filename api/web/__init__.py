"""Pages: templates, one look, two languages. The scanner's page, which works without this service, is `checker/`."""

"""Views: find the object or 404, validate, call one service, choose a template."""

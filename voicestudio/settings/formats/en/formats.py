"""English: the day before the month and 24 hours, as in every dialect but one."""

DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"

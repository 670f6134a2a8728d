"""The equations a variable may have, one family a file."""

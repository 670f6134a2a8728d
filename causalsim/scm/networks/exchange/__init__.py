"""Networks in other forms: files, and networks of pgmpy."""

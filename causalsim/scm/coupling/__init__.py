"""What is left open by what can be seen and done: all the ways to tie values to noise."""

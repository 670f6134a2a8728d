"""Several data sets together: experiments, other populations, selection, missing cells."""

"""What identifies an effect by the graph alone: adjustment, front doors, instruments."""

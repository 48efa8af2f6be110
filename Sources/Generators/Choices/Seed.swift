// Seeds.

// The laws.

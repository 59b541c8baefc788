"""Money: prices, charges and limits."""

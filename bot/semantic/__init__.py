"""Cases compared by what they mean: an optional model that runs here, its vectors. Knows neither Slack nor tables."""

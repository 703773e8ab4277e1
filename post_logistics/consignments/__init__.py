"""What is posted: item numbers, booking rules, tariffs, labels and the order files merchants already have."""

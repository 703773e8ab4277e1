"""What people do: each use case loads, decides and saves in one transaction that its caller opened."""

"""What the tests of every app share."""

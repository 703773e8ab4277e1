"""At the door and after: handed over, proved, contested, collected, claimed for."""

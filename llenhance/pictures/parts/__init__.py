"""What files of a format consist of: names of all parts that llenhance does not carry along."""

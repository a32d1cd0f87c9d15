// built next

"""What the staff say and listen for, as data: templates, keywords, families of colours."""

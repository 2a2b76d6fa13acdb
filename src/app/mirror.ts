// filled in when the mirror lands

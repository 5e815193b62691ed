"""Small faults planted one at a time: which of them do the tests find?"""

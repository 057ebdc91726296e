"""What the Python clients share: the records, and the check that each came once, in order per key, with its header."""
KEYS = 97


def key(i):
    return b"k%d" % (i % KEYS)


def value(i):
    return b"%d" % i


class Check:
    def __init__(self, count):
        self.count, self.seen, self.last = count, set(), {}

    def add(self, record_key, record_value, headers):
        i = int(record_value)
        assert record_key == key(i), "record %d has key %r" % (i, record_key)
        assert dict(headers or []) == {"n": value(i)}, "record %d has headers %r" % (i, headers)
        assert i not in self.seen, "record %d came twice" % i
        assert self.last.get(record_key, -1) < i, "key %r: %d after %d" % (record_key, i, self.last[record_key])
        self.seen.add(i)
        self.last[record_key] = i

    def complete(self):
        return len(self.seen) == self.count

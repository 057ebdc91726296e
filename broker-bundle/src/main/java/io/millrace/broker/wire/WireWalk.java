package io.millrace.broker.wire;

import java.nio.ByteBuffer;

/** A pass over a message's bytes that makes no objects of them. Counts the memory that decoding would take. Confined to one thread. */
final class WireWalk {

    private final ByteBuffer bytes;
    private final long budget;
    private int at;
    private int limit;
    private long spent;

    /** @param budget memory that the decoded message may take, in bytes */
    WireWalk(ByteBuffer bytes, long budget) {
        this.bytes = bytes;
        this.at = bytes.position();
        this.limit = bytes.limit();
        this.budget = budget;
    }

    void skip(int count) throws MalformedRequestException {
        if (count < 0 || count > limit - at) {
            throw malformed("a field of " + count + " bytes has only " + (limit - at) + " left");
        }
        at += count;
    }

    int int8() throws MalformedRequestException {
        skip(1);
        return bytes.get(at - 1);
    }

    int int16() throws MalformedRequestException {
        skip(2);
        return bytes.getShort(at - 2);
    }

    int int32() throws MalformedRequestException {
        skip(4);
        return bytes.getInt(at - 4);
    }

    /** An unsigned number below 2^31. */
    int varint() throws MalformedRequestException {
        int value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            int next = int8();
            value |= (next & 0x7f) << shift;
            if (next >= 0) {
                if (value < 0 || shift == 28 && next > 0x0f) {
                    break;
                }
                return value;
            }
        }
        throw malformed("a length or tag is too large");
    }

    void checkNull(int length, boolean nullable) throws MalformedRequestException {
        if (length != -1 || !nullable) {
            throw malformed(length == -1 ? "a field is null that may not be" : "a length of " + length);
        }
    }

    /** Before anything is made for so many elements: whether their fewest bytes can be there at all. */
    void checkFits(int count, int leastBytes) throws MalformedRequestException {
        if ((long) count * Math.max(1, leastBytes) > limit - at) {
            throw malformed(count + " elements of at least " + leastBytes + " bytes have only " + (limit - at) + " left");
        }
    }

    void spend(long memory) throws MalformedRequestException {
        spent += memory;
        if (spent > budget) {
            throw malformed("it would take more than " + budget + " bytes of memory, out of proportion to its " + bytes.remaining());
        }
    }

    /** A part whose size is told before it. */
    void within(int size, WireShape shape) throws MalformedRequestException {
        if (size > limit - at) {
            throw malformed("a field of " + size + " bytes has only " + (limit - at) + " left");
        }
        int outer = limit;
        limit = at + size;
        shape.walk(this);
        if (at != limit) {
            throw malformed("a field of " + size + " bytes ends " + (limit - at) + " bytes early");
        }
        limit = outer;
    }

    int position() {
        return at;
    }

    MalformedRequestException malformed(String what) {
        return new MalformedRequestException("at byte " + at + ": " + what);
    }
}

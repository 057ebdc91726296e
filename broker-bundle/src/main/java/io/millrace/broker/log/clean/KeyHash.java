package io.millrace.broker.log.clean;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * SipHash-2-4 of 128 bits. Whoever does not know the secret cannot find two keys with the same hash, so nobody can make a record disappear by
 * writing another. Not thread-safe: the last hash is kept here.
 */
final class KeyHash {

    private static final VarHandle LITTLE_ENDIAN = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final long secret0;
    private final long secret1;
    private long first;
    private long second;

    KeyHash(long secret0, long secret1) {
        this.secret0 = secret0;
        this.secret1 = secret1;
    }

    /** Hashes what remains in the buffer and leaves its position. */
    void hash(ByteBuffer key) {
        long v0 = secret0 ^ 0x736f6d6570736575L;
        long v1 = secret1 ^ 0x646f72616e646f6dL ^ 0xee;
        long v2 = secret0 ^ 0x6c7967656e657261L;
        long v3 = secret1 ^ 0x7465646279746573L;
        int from = key.position();
        int length = key.remaining();
        int words = length / Long.BYTES;
        int rounds;
        // The last word has what is left over and the length; then come the two halves of the result.
        for (int i = 0; i <= words + 2; i++) {
            long word = i < words ? (long) LITTLE_ENDIAN.get(key, from + i * Long.BYTES) : i == words ? last(key, from + i * Long.BYTES, length) : 0;
            if (i <= words) {
                v3 ^= word;
                rounds = 2;
            } else {
                if (i == words + 1) {
                    v2 ^= 0xee;
                } else {
                    first = v0 ^ v1 ^ v2 ^ v3;
                    v1 ^= 0xdd;
                }
                rounds = 4;
            }
            for (int round = 0; round < rounds; round++) {
                v0 += v1;
                v2 += v3;
                v1 = Long.rotateLeft(v1, 13) ^ v0;
                v3 = Long.rotateLeft(v3, 16) ^ v2;
                v0 = Long.rotateLeft(v0, 32) + v3;
                v2 += v1;
                v1 = Long.rotateLeft(v1, 17) ^ v2;
                v3 = Long.rotateLeft(v3, 21) ^ v0;
                v2 = Long.rotateLeft(v2, 32);
            }
            if (i <= words) {
                v0 ^= word;
            }
        }
        second = v0 ^ v1 ^ v2 ^ v3;
    }

    private static long last(ByteBuffer key, int from, int length) {
        long word = (long) length << 56;
        for (int i = length % Long.BYTES - 1; i >= 0; i--) {
            word |= (key.get(from + i) & 0xffL) << 8 * i;
        }
        return word;
    }

    long first() {
        return first;
    }

    long second() {
        return second;
    }
}

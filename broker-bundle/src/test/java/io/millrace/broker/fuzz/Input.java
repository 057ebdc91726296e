package io.millrace.broker.fuzz;

import java.util.Arrays;

/** Decisions read off a fuzzer's bytes; zeros where they end. */
public final class Input {

    private final byte[] bytes;
    private int at;

    public Input(byte[] bytes) {
        this.bytes = bytes;
    }

    public boolean isEmpty() {
        return at >= bytes.length;
    }

    public int next() {
        return at < bytes.length ? bytes[at++] & 0xff : 0;
    }

    /** From 0 to below {@code bound}. */
    public int below(int bound) {
        if (bound <= 256) {
            return bound <= 1 ? 0 : next() % bound;
        }
        return ((next() << 24 | next() << 16 | next() << 8 | next()) >>> 1) % bound;
    }

    public byte[] take(int most) {
        int until = Math.min(bytes.length, at + most);
        byte[] taken = Arrays.copyOfRange(bytes, Math.min(at, until), until);
        at = until;
        return taken;
    }

    public byte[] rest() {
        return take(Integer.MAX_VALUE - at);
    }
}

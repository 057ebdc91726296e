package io.millrace.broker.network;

import io.millrace.broker.wire.MalformedRequestException;
import io.millrace.broker.wire.RequestDecoder;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.concurrent.TimeUnit;

/**
 * Cuts the byte stream of a connection into frames: a size of four bytes, then that many. Small requests that arrive together cost one read. A
 * size is only a claim until bytes arrive, so a frame gets memory of its own only when what is read ahead is full of it. Who is not busy keeps
 * next to nothing. Confined to the connection's reader, but for {@link #isIncompleteFor}.
 */
final class FrameReader {

    private static final int FIRST_READ_AHEAD = 2 * 1024;
    static final int READ_AHEAD = 16 * 1024;
    /** A heap buffer is read through a direct one of the same size, which the JDK keeps per thread: so none is large. */
    private static final int CHUNK = 128 * 1024;
    /** A frame that is not larger can be put where the one before was. */
    static final int KEPT = 256 * 1024;
    private static final long BUSY = TimeUnit.MILLISECONDS.toNanos(100);

    private final ReadableByteChannel channel;
    private final int maxBytes;
    private final MemoryAccount memory;
    /** Ready to be read. */
    private ByteBuffer ahead = ByteBuffer.allocate(FIRST_READ_AHEAD).limit(0);
    private boolean keeps;
    /** For the next large frame; null if there is none to be had. */
    private ByteBuffer kept;
    private int loan;
    private long arrived;
    private boolean busy;
    /** How many frames came soon after the one before, without a break. */
    private int soon;
    /** Whether the client had sent more than what could be read at once. */
    private boolean overflowing;
    /** {@link System#nanoTime}, made odd; 0 if no frame is incomplete or it waits for memory. */
    private volatile long incompleteSince;

    FrameReader(ReadableByteChannel channel, int maxBytes, MemoryAccount memory) {
        this.channel = channel;
        this.maxBytes = maxBytes;
        this.memory = memory;
    }

    /**
     * Blocks for the next frame and for the memory that it takes.
     *
     * @return its content, owned by the caller, who gives the {@link #loan} back and may say when it is {@link #done}; null at the end of the stream
     * @throws MalformedRequestException for a size that no request has
     */
    ByteBuffer next() throws IOException, MalformedRequestException {
        loan = 0;
        if (!busy && !ahead.hasRemaining() && ahead.capacity() > FIRST_READ_AHEAD) {
            ahead = ByteBuffer.allocate(FIRST_READ_AHEAD).limit(0);
        }
        if (!fill(Integer.BYTES)) {
            if (ahead.hasRemaining()) {
                throw new EOFException("the connection ended within a frame's size");
            }
            return null;
        }
        int size = ahead.getInt();
        if (size <= 0 || size > maxBytes) {
            throw new MalformedRequestException("a frame of " + size + " bytes; allowed are 1 to " + maxBytes
                    + " (socket.request.max.bytes). Not a Kafka client, or one that expects TLS?");
        }
        if (ahead.remaining() < size) {
            begun();
            if (!fill(Math.min(size, READ_AHEAD))) {
                throw ended(size);
            }
        }
        if (incompleteSince != 0) {
            // Waiting for memory is not the client's fault.
            incompleteSince = 0;
        }
        ByteBuffer frame = size <= READ_AHEAD ? small(size) : large(size);
        long before = arrived;
        arrived = System.nanoTime();
        busy = arrived - before < BUSY;
        soon = busy ? soon + 1 : 0;
        return frame.flip();
    }

    private ByteBuffer small(int size) {
        loan = memory.take(RequestDecoder.memory(ahead, size), true);
        ByteBuffer frame = ByteBuffer.allocate(size).put(ahead.slice(ahead.position(), size));
        ahead.position(ahead.position() + size);
        return frame;
    }

    private ByteBuffer large(int size) throws IOException {
        loan = memory.take(RequestDecoder.memory(ahead, size), false);
        begun();
        ByteBuffer frame = memory(size).put(ahead);
        while (frame.position() < size) {
            if (frame.position() == frame.capacity()) {
                frame = ByteBuffer.allocate((int) Math.min(size, frame.capacity() * 2L)).put(frame.flip());
            }
            frame.limit(Math.min(Math.min(frame.capacity(), size), frame.position() + CHUNK));
            if (channel.read(frame) < 0) {
                throw ended(size);
            }
        }
        incompleteSince = 0;
        return frame;
    }

    private ByteBuffer memory(int size) {
        ByteBuffer before = kept;
        kept = null;
        if (before != null && before.capacity() >= size) {
            return before.clear();
        }
        return ByteBuffer.allocate(keeps && size <= KEPT ? Integer.highestOneBit(size - 1) << 1 : Math.min(size, RequestMemory.LARGE));
    }

    /** From now on, memory of frames that are {@link #done} is used again: for those that are so busy that making and clearing it is worth saving. */
    void keepMemory() {
        keeps = true;
    }

    /** Nobody looks at the frame any more, or at any part of it. */
    void done(ByteBuffer frame) {
        if (keeps && frame.capacity() > READ_AHEAD && frame.capacity() <= KEPT) {
            kept = frame;
        }
    }

    /** Reads until so many bytes are there. @return false if the stream ends before */
    private boolean fill(int bytes) throws IOException {
        while (ahead.remaining() < bytes) {
            if (bytes > ahead.capacity() || busy && overflowing && ahead.capacity() < READ_AHEAD) {
                ahead = ByteBuffer.allocate(READ_AHEAD).put(ahead);
            } else {
                ahead.compact();
            }
            int read = channel.read(ahead);
            overflowing = !ahead.hasRemaining();
            ahead.flip();
            if (read < 0) {
                return false;
            }
            if (incompleteSince == 0 && ahead.remaining() < bytes) {
                begun();
            }
        }
        return true;
    }

    private void begun() {
        incompleteSince = System.nanoTime() | 1;
    }

    private static EOFException ended(int size) {
        return new EOFException("the connection ended within a frame of " + size + " bytes");
    }

    /** When the last frame was complete, as {@link System#nanoTime} counts. */
    long arrived() {
        return arrived;
    }

    /** Whether so many frames at least came soon after the one before, up to the last one. */
    boolean isBusyFor(int frames) {
        return soon >= frames;
    }

    /** What the last frame took of the account. */
    int loan() {
        return loan;
    }

    /** Whether the client has owed the rest of a frame for so long. Called from any thread. */
    boolean isIncompleteFor(long nanos) {
        long since = incompleteSince;
        return since != 0 && System.nanoTime() - since > nanos;
    }
}

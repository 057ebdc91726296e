package io.millrace.broker.network;

import io.millrace.broker.wire.MalformedRequestException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/**
 * Cuts the byte stream of a connection into frames: a size of four bytes, then that many. Small requests that arrive together cost one read.
 * Confined to the connection's reader.
 */
final class FrameReader {

    private static final int READ_AHEAD = 16 * 1024;
    /** A heap buffer is read through a direct one of the same size, which the JDK keeps per thread: so none is large. */
    private static final int CHUNK = 128 * 1024;
    /** A size is only a claim until the bytes arrive, so a large frame's buffer grows with them. */
    private static final int FIRST_ALLOCATION = 1024 * 1024;

    private final ReadableByteChannel channel;
    private final int maxBytes;
    private final ByteBuffer ahead = ByteBuffer.allocate(READ_AHEAD).limit(0);

    FrameReader(ReadableByteChannel channel, int maxBytes) {
        this.channel = channel;
        this.maxBytes = maxBytes;
    }

    /**
     * Blocks for the next frame.
     *
     * @return its content, owned by the caller; null at the end of the stream
     * @throws MalformedRequestException for a size that no request has
     */
    ByteBuffer next() throws IOException, MalformedRequestException {
        while (ahead.remaining() < Integer.BYTES) {
            ahead.compact();
            int read = channel.read(ahead);
            ahead.flip();
            if (read < 0) {
                if (ahead.hasRemaining()) {
                    throw new EOFException("the connection ended within a frame's size");
                }
                return null;
            }
        }
        int size = ahead.getInt();
        if (size <= 0 || size > maxBytes) {
            throw new MalformedRequestException("a frame of " + size + " bytes; allowed are 1 to " + maxBytes
                    + " (socket.request.max.bytes). Not a Kafka client, or one that expects TLS?");
        }
        ByteBuffer frame = ByteBuffer.allocate(Math.min(size, FIRST_ALLOCATION));
        int there = Math.min(size, ahead.remaining());
        frame.put(ahead.slice(ahead.position(), there));
        ahead.position(ahead.position() + there);
        while (frame.position() < size) {
            if (!frame.hasRemaining()) {
                frame = ByteBuffer.allocate((int) Math.min(size, frame.capacity() * 2L)).put(frame.flip());
            }
            frame.limit(Math.min(frame.capacity(), frame.position() + CHUNK));
            if (channel.read(frame) < 0) {
                throw new EOFException("the connection ended within a frame of " + size + " bytes");
            }
            frame.limit(frame.capacity());
        }
        return frame.flip();
    }
}

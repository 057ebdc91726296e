package io.millrace.broker.network;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import org.apache.kafka.common.network.TransferableChannel;

/**
 * A connection's sending half. Blocks the virtual thread, never its carrier. Confined to the connection's writer.
 *
 * <p>{@link FileChannel#transferTo} to a socket whose peer does not read would block the carrier, and with it every virtual thread. The
 * socket's descriptor is non-blocking as soon as a virtual thread read or wrote it in the ordinary way, which a request or a response's
 * header always did before; then {@code transferTo} returns 0 on a full socket, and an ordinary write of a little does the waiting.
 */
final class SocketOutput implements TransferableChannel {

    private static final int MAX_TRANSFER = 1024 * 1024;
    private static final int WAITING_WRITE = 16 * 1024;
    /** A heap buffer is written through a direct one of the same size, which the JDK keeps per thread: so none is large. */
    private static final int CHUNK = 128 * 1024;

    private final SocketChannel channel;
    private final Runnable progress;

    /** @param progress told after every write that moved bytes */
    SocketOutput(SocketChannel channel, Runnable progress) {
        this.channel = channel;
        this.progress = progress;
    }

    @Override
    public boolean hasPendingWrites() {
        return false;
    }

    @Override
    public long transferFrom(FileChannel file, long position, long count) throws IOException {
        long sent = file.transferTo(position, Math.min(count, MAX_TRANSFER), channel);
        if (sent == 0 && count > 0) {
            sent = copy(file, position, count);
        }
        progress.run();
        return sent;
    }

    private int copy(FileChannel file, long position, long count) throws IOException {
        ByteBuffer some = ByteBuffer.allocate((int) Math.min(count, WAITING_WRITE));
        if (file.read(some, position) <= 0) {
            throw new IOException("the log's file ends at " + file.size() + ", before position " + position + " of a response being sent");
        }
        some.flip();
        int sent = 0;
        while (some.hasRemaining()) {
            sent += channel.write(some);
        }
        return sent;
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
        long bytes = 0;
        int count = 0;
        while (count < length && bytes + sources[offset + count].remaining() <= CHUNK) {
            bytes += sources[offset + count].remaining();
            count++;
        }
        if (bytes == 0 && count < length) {
            return write(sources[offset + count]);
        }
        long sent = channel.write(sources, offset, count);
        progress.run();
        return sent;
    }

    @Override
    public long write(ByteBuffer[] sources) throws IOException {
        return write(sources, 0, sources.length);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        int limit = source.limit();
        source.limit(Math.min(limit, source.position() + CHUNK));
        int sent = channel.write(source);
        source.limit(limit);
        progress.run();
        return sent;
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}

package io.millrace.itest;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;

/** A connection to the broker of somebody who need not keep to any protocol. */
final class RawConnection implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 30_000;

    private final Socket socket = new Socket();
    private final DataInputStream in;
    private final AtomicInteger correlation = new AtomicInteger();

    RawConnection(int port) throws IOException {
        socket.setTcpNoDelay(true);
        socket.connect(new InetSocketAddress("127.0.0.1", port), PATIENCE_MILLIS);
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = new DataInputStream(socket.getInputStream());
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** @return false if the broker has ended the connection */
    boolean trySend(byte[] bytes) {
        try {
            send(bytes);
            return true;
        } catch (IOException ended) {
            return false;
        }
    }

    RequestHeader send(AbstractRequest request) throws IOException {
        RequestHeader header = header(request);
        send(frame(request, header));
        return header;
    }

    RequestHeader header(AbstractRequest request) {
        return new RequestHeader(request.apiKey(), request.version(), "hostile", correlation.incrementAndGet());
    }

    static byte[] frame(AbstractRequest request, RequestHeader header) {
        ByteBuffer bytes = request.serializeWithHeader(header);
        return ByteBuffer.allocate(Integer.BYTES + bytes.remaining()).putInt(bytes.remaining()).put(bytes).array();
    }

    static byte[] frame(byte[] content) {
        return ByteBuffer.allocate(Integer.BYTES + content.length).putInt(content.length).put(content).array();
    }

    AbstractResponse receive(RequestHeader header) throws IOException {
        byte[] frame = new byte[in.readInt()];
        in.readFully(frame);
        return AbstractResponse.parseResponse(ByteBuffer.wrap(frame), header);
    }

    /** Whether the broker ends the connection, whatever it sends before. */
    boolean isEnded() throws IOException {
        byte[] some = new byte[8192];
        try {
            for (int read; (read = in.read(some)) >= 0; ) {
                if (read == 0) {
                    return false;
                }
            }
            return true;
        } catch (SocketTimeoutException stillThere) {
            return false;
        } catch (SocketException reset) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

package io.millrace.broker;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;

/** A client that says exactly what it is told to, without waiting for answers. */
final class RawClient implements AutoCloseable {

    private final Socket socket;
    private final DataInputStream in;
    private final Queue<RequestHeader> sent = new ArrayDeque<>();
    private int correlation = 1;
    private byte[] rest;

    RawClient(BrokerServer broker) throws IOException {
        this(broker, "127.0.0.1");
    }

    /** @param from the address that the broker sees */
    RawClient(BrokerServer broker, String from) throws IOException {
        String[] address = broker.bootstrapServers().split(":");
        socket = new Socket(address[0], Integer.parseInt(address[1]), InetAddress.ofLiteral(from), 0);
        socket.setSoTimeout(10_000);
        in = new DataInputStream(socket.getInputStream());
    }

    void send(AbstractRequest request) throws IOException {
        socket.getOutputStream().write(frame(request));
    }

    private byte[] frame(AbstractRequest request) {
        RequestHeader header = new RequestHeader(request.apiKey(), request.version(), "raw", correlation++);
        ByteBuffer bytes = request.serializeWithHeader(header);
        sent.add(header);
        return ByteBuffer.allocate(Integer.BYTES + bytes.remaining()).putInt(bytes.remaining()).put(bytes).array();
    }

    /** Sends so many bytes of a request; the others by {@link #sendRest}. */
    void sendPart(AbstractRequest request, int bytes) throws IOException {
        byte[] frame = frame(request);
        socket.getOutputStream().write(frame, 0, bytes);
        rest = Arrays.copyOfRange(frame, bytes, frame.length);
    }

    void sendRest() throws IOException {
        socket.getOutputStream().write(rest);
    }

    void timeout(int millis) throws IOException {
        socket.setSoTimeout(millis);
    }

    void sendBytes(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    void sendSize(int size) throws IOException {
        sendBytes(ByteBuffer.allocate(Integer.BYTES).putInt(size).array());
    }

    /** The next response, which must belong to the oldest request that has none. */
    AbstractResponse receive() throws IOException {
        ByteBuffer frame = receiveFrame();
        return AbstractResponse.parseResponse(frame, sent.remove());
    }

    /** The oldest request that has no response will not get one. */
    void forgetUnanswered() {
        sent.remove();
    }

    ByteBuffer receiveFrame() throws IOException {
        byte[] frame = new byte[in.readInt()];
        in.readFully(frame);
        return ByteBuffer.wrap(frame);
    }

    /** Whether the broker ends the connection, without a response. */
    boolean isClosedByBroker() throws IOException {
        try {
            return in.read() < 0;
        } catch (SocketException reset) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

package io.millrace.broker;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
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

    RawClient(BrokerServer broker) throws IOException {
        String[] address = broker.bootstrapServers().split(":");
        socket = new Socket(address[0], Integer.parseInt(address[1]));
        socket.setSoTimeout(10_000);
        in = new DataInputStream(socket.getInputStream());
    }

    void send(AbstractRequest request) throws IOException {
        RequestHeader header = new RequestHeader(request.apiKey(), request.version(), "raw", correlation++);
        ByteBuffer bytes = request.serializeWithHeader(header);
        ByteBuffer frame = ByteBuffer.allocate(Integer.BYTES + bytes.remaining()).putInt(bytes.remaining()).put(bytes);
        sent.add(header);
        socket.getOutputStream().write(frame.array());
    }

    void sendBytes(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    void sendSize(int size) throws IOException {
        sendBytes(ByteBuffer.allocate(Integer.BYTES).putInt(size).array());
    }

    /** The next response, which must belong to the oldest request that has none. */
    AbstractResponse receive() throws IOException {
        return AbstractResponse.parseResponse(receiveFrame(), sent.remove());
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

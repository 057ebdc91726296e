package io.millrace.broker;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;
import org.apache.kafka.common.requests.ResponseHeader;

/** Sends bare messages of the protocol in exactly the version it is told, one at a time. */
public final class WireClient implements AutoCloseable {

    private final Socket socket;
    private final DataInputStream in;
    private int correlation = 1;

    public WireClient(String address) throws IOException {
        int colon = address.lastIndexOf(':');
        socket = new Socket(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(5_000);
        in = new DataInputStream(socket.getInputStream());
    }

    /**
     * @throws UnsupportedVersionException if a field of the message does not exist in the version
     * @throws IllegalStateException if the answer is of another request, or longer than its message
     */
    public ApiMessage call(ApiKeys api, int version, ApiMessage message) throws IOException {
        return receive(api, version, send(api, version, message));
    }

    /** Does not wait for the answer. @return by which it is known */
    public int send(ApiKeys api, int version, ApiMessage message) throws IOException {
        RequestHeader header = new RequestHeader(api, (short) version, "wire", correlation++);
        ByteBuffer bytes = RequestUtils.serialize(header.data(), header.headerVersion(), message, (short) version);
        socket.getOutputStream().write(ByteBuffer.allocate(Integer.BYTES + bytes.remaining()).putInt(bytes.remaining()).put(bytes).array());
        return header.correlationId();
    }

    /** The next answer, which must be that of the request. */
    public ApiMessage receive(ApiKeys api, int version, int asked) throws IOException {
        byte[] frame = new byte[in.readInt()];
        in.readFully(frame);
        ByteBuffer answer = ByteBuffer.wrap(frame);
        ResponseHeader answered = ResponseHeader.parse(answer, api.responseHeaderVersion((short) version));
        if (answered.correlationId() != asked) {
            throw new IllegalStateException("asked " + asked + ", got the answer of " + answered.correlationId());
        }
        ApiMessage response = ApiMessageType.fromApiKey(api.id).newResponse();
        response.read(new ByteBufferAccessor(answer), (short) version);
        if (answer.hasRemaining()) {
            throw new IllegalStateException(api + " version " + version + ": " + answer.remaining() + " bytes follow the answer " + response);
        }
        return response;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

package io.millrace.demo;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * Sends one record with {@code acks=all} over the Kafka protocol and waits for its acknowledgement, with no client library to load: what is
 * measured is the platform. Metadata v1 creates the topic, Produce v3 carries one batch of magic 2.
 */
final class FirstRecord {

    private static final String TOPIC = "demo.started";
    private static final short METADATA = 3;
    private static final short PRODUCE = 0;
    private static final short LEADER_NOT_AVAILABLE = 5;
    private static final short UNKNOWN_TOPIC_OR_PARTITION = 3;

    private FirstRecord() {}

    /** @throws IOException if the broker refuses the record or goes away */
    static void acknowledge(String host, int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(host, port), 5_000);
            socket.setSoTimeout(10_000);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            DataInputStream in = new DataInputStream(socket.getInputStream());
            short error;
            int tries = 0;
            do {
                send(out, METADATA, 1, metadata());
                receive(in);
                send(out, PRODUCE, 3, produce());
                ByteBuffer answer = receive(in);
                answer.getInt();
                answer.position(answer.position() + 2 + answer.getShort(answer.position()));
                answer.getInt();
                answer.getInt();
                error = answer.getShort();
            } while ((error == LEADER_NOT_AVAILABLE || error == UNKNOWN_TOPIC_OR_PARTITION) && ++tries < 1_000);
            if (error != 0) {
                throw new IOException("the broker answered error code " + error + " to the first record");
            }
        }
    }

    private static ByteBuffer metadata() {
        ByteBuffer body = ByteBuffer.allocate(64);
        body.putInt(1);
        string(body, TOPIC);
        return body.flip();
    }

    private static ByteBuffer produce() {
        ByteBuffer batch = batch();
        ByteBuffer body = ByteBuffer.allocate(batch.remaining() + 64);
        body.putShort((short) -1);
        body.putShort((short) -1);
        body.putInt(10_000);
        body.putInt(1);
        string(body, TOPIC);
        body.putInt(1);
        body.putInt(0);
        body.putInt(batch.remaining());
        body.put(batch);
        return body.flip();
    }

    private static ByteBuffer batch() {
        byte[] value = "started".getBytes(StandardCharsets.UTF_8);
        long now = System.currentTimeMillis();
        int recordLength = 6 + value.length;
        ByteBuffer batch = ByteBuffer.allocate(61 + 1 + recordLength);
        batch.putLong(0).putInt(batch.capacity() - 12).putInt(-1).put((byte) 2).putInt(0);
        batch.putShort((short) 0).putInt(0).putLong(now).putLong(now).putLong(-1).putShort((short) -1).putInt(-1).putInt(1);
        // Zig-zag varints: length, attributes, timestamp delta 0, offset delta 0, key null, value, no headers.
        batch.put((byte) (recordLength << 1)).put((byte) 0).put((byte) 0).put((byte) 0).put((byte) 1).put((byte) (value.length << 1)).put(value).put((byte) 0);
        CRC32C crc = new CRC32C();
        crc.update(batch.array(), 21, batch.capacity() - 21);
        batch.putInt(17, (int) crc.getValue());
        return batch.flip();
    }

    private static void send(DataOutputStream out, short api, int version, ByteBuffer body) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(32);
        header.putShort(api).putShort((short) version).putInt(1);
        string(header, "demo");
        header.flip();
        ByteBuffer frame = ByteBuffer.allocate(4 + header.remaining() + body.remaining());
        frame.putInt(header.remaining() + body.remaining()).put(header).put(body);
        out.write(frame.array());
        out.flush();
    }

    private static ByteBuffer receive(DataInputStream in) throws IOException {
        int size = in.readInt();
        if (size < 4 || size > 1 << 20) {
            throw new IOException("the broker sent a frame of " + size + " bytes");
        }
        ByteBuffer frame = ByteBuffer.wrap(in.readNBytes(size));
        frame.getInt();
        return frame;
    }

    private static void string(ByteBuffer out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.putShort((short) bytes.length).put(bytes);
    }
}

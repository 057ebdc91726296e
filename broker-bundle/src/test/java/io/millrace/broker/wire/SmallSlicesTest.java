package io.millrace.broker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.network.Send;
import org.apache.kafka.common.network.TransferableChannel;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.ResponseHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a response with slices of files leaves. */
class SmallSlicesTest {

    private static final short VERSION = ApiKeys.FETCH.latestVersion();
    private static final RequestHeader HEADER = new RequestHeader(ApiKeys.FETCH, VERSION, "test", 7);

    @TempDir
    Path folder;

    @Test
    void theSlicesOfAFewBytesLeaveInOneWrite() throws IOException {
        MemoryRecords first = records(100);
        MemoryRecords second = records(2000);
        Sent sent = send(slice("a", first), slice("b", second));

        assertThat(sent.writes).isEqualTo(1);
        assertThat(sent.transfers).isZero();
        assertThat(sent.recordsOf(0)).isEqualTo(first.buffer());
        assertThat(sent.recordsOf(1)).isEqualTo(second.buffer());
    }

    @Test
    void manyBytesAreSplicedIn() throws IOException {
        MemoryRecords records = records(100_000);
        Sent sent = send(slice("a", records));

        assertThat(sent.transfers).isEqualTo(1);
        assertThat(sent.recordsOf(0)).isEqualTo(records.buffer());
    }

    @Test
    void manySmallSlicesThatAreMuchTogetherAreSplicedIn() throws IOException {
        Sent sent = send(slice("a", records(12_000)), slice("b", records(12_000)), slice("c", records(12_000)));

        assertThat(sent.transfers).isEqualTo(3);
    }

    @Test
    void aFileThatBecameShorterEndsTheConnectionInsteadOfLeavingARest() throws IOException {
        FileRecords slice = slice("a", records(1000));
        slice.channel().truncate(500);

        assertThatThrownBy(() -> send(slice)).hasMessageContaining("truncated");
    }

    private static MemoryRecords records(int bytes) {
        return MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(1L, null, new byte[bytes]));
    }

    private FileRecords slice(String name, MemoryRecords records) throws IOException {
        FileRecords file = FileRecords.open(folder.resolve(name).toFile(), true);
        file.append(records(50));
        int start = file.sizeInBytes();
        file.append(records);
        return file.slice(start, records.sizeInBytes());
    }

    private static Sent send(FileRecords... slices) throws IOException {
        FetchableTopicResponse topic = new FetchableTopicResponse().setTopicId(Uuid.randomUuid());
        for (int partition = 0; partition < slices.length; partition++) {
            topic.partitions().add(new PartitionData().setPartitionIndex(partition).setRecords(slices[partition]));
        }
        FetchResponseData data = new FetchResponseData();
        data.responses().add(topic);
        Sent sent = new Sent();
        for (Send send = ResponseEncoder.encode(HEADER, FetchResponse.of(data)); !send.completed(); ) {
            send.writeTo(sent);
        }
        return sent;
    }

    /** Takes everything. */
    private static final class Sent implements TransferableChannel {

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private int writes;
        private int transfers;

        ByteBuffer recordsOf(int partition) {
            ByteBuffer frame = ByteBuffer.wrap(bytes.toByteArray());
            assertThat(frame.getInt()).isEqualTo(frame.remaining());
            ResponseHeader.parse(frame, ApiKeys.FETCH.responseHeaderVersion(VERSION));
            FetchResponseData read = new FetchResponseData(new ByteBufferAccessor(frame), VERSION);
            return ((MemoryRecords) read.responses().getFirst().partitions().get(partition).records()).buffer();
        }

        @Override
        public long write(ByteBuffer[] sources, int offset, int length) {
            writes++;
            long taken = 0;
            for (int i = offset; i < offset + length; i++) {
                taken += take(sources[i]);
            }
            return taken;
        }

        @Override
        public long write(ByteBuffer[] sources) {
            return write(sources, 0, sources.length);
        }

        @Override
        public int write(ByteBuffer source) {
            writes++;
            return take(source);
        }

        private int take(ByteBuffer source) {
            int count = source.remaining();
            byte[] taken = new byte[count];
            source.get(taken);
            bytes.writeBytes(taken);
            return count;
        }

        @Override
        public long transferFrom(FileChannel file, long position, long count) throws IOException {
            transfers++;
            ByteBuffer some = ByteBuffer.allocate((int) count);
            if (file.read(some, position) < count) {
                throw new IOException("the file ends");
            }
            return take(some.flip());
        }

        @Override
        public boolean hasPendingWrites() {
            return false;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
        }
    }
}

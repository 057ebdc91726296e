package io.millrace.broker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.fuzz.Allocation;
import io.millrace.broker.wire.WireShape.Array;
import io.millrace.broker.wire.WireShape.Struct;
import io.millrace.broker.wire.WireShape.Tagged;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.Test;

class RequestGuardTest {

    private static Stream<ApiKeys> apis() {
        return Stream.of(ApiKeys.values()).filter(api -> !api.allVersions().isEmpty());
    }

    @Test
    void everyWellFormedRequestOfEveryVersionPasses() {
        long seed = Long.getLong("seed", System.nanoTime());
        RandomRequests requests = new RandomRequests(new Random(seed));
        apis().forEach(api -> {
            for (short version : api.allVersions()) {
                for (int i = 0; i < 20; i++) {
                    byte[] frame = requests.frame(api, version);
                    // The generator is right only if Kafka's own decoder takes what it makes.
                    String what = "seed " + seed + ": " + api + " version " + version;
                    assertThatCode(() -> assertThat(decode(ByteBuffer.wrap(frame), api, version)).isZero()).as(what).doesNotThrowAnyException();
                    assertThatCode(() -> assertThat(RequestGuard.check(ByteBuffer.wrap(frame), api, version)).isEqualTo(frame.length)).as(what)
                            .doesNotThrowAnyException();
                }
            }
        });
    }

    /** @return how many bytes Kafka's decoder left over */
    private static int decode(ByteBuffer frame, ApiKeys api, short version) {
        RequestHeader.parse(frame);
        api.messageType.newRequest().read(new ByteBufferAccessor(frame), version);
        return frame.remaining();
    }

    private static AbstractRequest parse(ByteBuffer frame, ApiKeys api, short version) {
        RequestHeader.parse(frame);
        return AbstractRequest.parseRequest(api, version, new ByteBufferAccessor(frame)).request;
    }

    @Test
    void noElementOfAnyArrayCanBeOfNoBytes() {
        List<String> empty = new ArrayList<>();
        apis().forEach(api -> {
            for (short version : api.allVersions()) {
                collectEmpty(RequestGuard.body(api, version), api + " version " + version, empty);
            }
        });
        assertThat(empty).isEmpty();
    }

    private static void collectEmpty(WireShape shape, String where, List<String> into) {
        switch (shape) {
            case Array array -> {
                if (array.element().leastBytes() == 0) {
                    into.add(where);
                }
                collectEmpty(array.element(), where, into);
            }
            case Struct struct -> {
                for (WireShape field : struct.fields()) {
                    collectEmpty(field, where, into);
                }
            }
            case Tagged tagged -> tagged.known().values().forEach(field -> collectEmpty(field, where, into));
            case WireShape.Fixed _, WireShape.Varint _, WireShape.Content _ -> { }
        }
    }

    @Test
    void whatDecodingTakesIsInProportionToTheBytes() {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        RandomRequests requests = new RandomRequests(random);
        apis().forEach(api -> {
            for (short version : api.allVersions()) {
                for (int i = 0; i < 100; i++) {
                    byte[] frame = requests.damaged(requests.frame(api, version));
                    if (ByteBuffer.wrap(frame).getShort(2) != version) {
                        continue;
                    }
                    long allocated = Allocation.of(() -> {
                        try {
                            RequestGuard.check(ByteBuffer.wrap(frame), api, version);
                            parse(ByteBuffer.wrap(frame), api, version);
                        } catch (MalformedRequestException | RuntimeException refused) {
                            // Either is an answer.
                        }
                    });
                    assertThat(allocated).as("seed %d: %s version %d, %d bytes", seed, api, version, frame.length)
                            .isLessThan((long) RequestGuard.MEMORY_PER_BYTE * frame.length + 2L * RequestGuard.MEMORY_FREE);
                }
            }
        });
    }

    /** CVE-2026-111108: a list of a million elements is made because the bytes say so. */
    @Test
    void aListThatCannotBeThereIsRefusedBeforeItIsMade() {
        // Metadata version 12, compact list of topics: each has an id of 16 bytes, so a million do not fit into a million bytes.
        ByteBuffer frame = ByteBuffer.allocate(1_000_100);
        frame.putShort(ApiKeys.METADATA.id).putShort((short) 12).putInt(1).putShort((short) -1).put((byte) 0).put(new byte[] {(byte) 0xc0, (byte) 0x84, 0x3d});
        frame.rewind();
        long allocated = Allocation.of(() -> assertThatThrownBy(() -> RequestGuard.check(frame, ApiKeys.METADATA, (short) 12))
                .isInstanceOf(MalformedRequestException.class).hasMessageContaining("elements"));
        assertThat(allocated).isLessThan(1_000_000);
    }

    /** Many small elements that are there and become large objects. */
    @Test
    void elementsThatBecomeMuchLargerThanTheyWereAreRefused() {
        // Metadata version 1: topics of empty names, two bytes each.
        int topics = 900_000;
        ByteBuffer frame = ByteBuffer.allocate(14 + 2 * topics);
        frame.putShort(ApiKeys.METADATA.id).putShort((short) 1).putInt(1).putShort((short) -1).putInt(topics).rewind();
        assertThatThrownBy(() -> RequestGuard.check(frame, ApiKeys.METADATA, (short) 1)).isInstanceOf(MalformedRequestException.class)
                .hasMessageContaining("proportion");
    }

    /** CVE-2026-111115: unknown tagged fields of no content are kept, each as an object. */
    @Test
    void taggedFieldsOutOfOrderTwiceOrTooManyAreRefused() {
        assertThatThrownBy(() -> checkTags(2, 5, 0, 5, 0)).isInstanceOf(MalformedRequestException.class).hasMessageContaining("ascend");
        assertThatThrownBy(() -> checkTags(2, 6, 0, 5, 0)).isInstanceOf(MalformedRequestException.class).hasMessageContaining("ascend");
        assertThatThrownBy(() -> checkTags(100, 1, 0)).isInstanceOf(MalformedRequestException.class).hasMessageContaining("elements");
        assertThatThrownBy(() -> checkTags(1, 1, 100)).isInstanceOf(MalformedRequestException.class);
        assertThatCode(() -> checkTags(2, 5, 0, 6, 0)).doesNotThrowAnyException();
    }

    /** The tagged fields of a request header, before an otherwise whole ListGroups request of version 3. */
    private static void checkTags(int... bytes) throws MalformedRequestException {
        ByteBuffer frame = ByteBuffer.allocate(11 + bytes.length);
        frame.putShort(ApiKeys.LIST_GROUPS.id).putShort((short) 3).putInt(1).putShort((short) -1);
        for (int each : bytes) {
            frame.put((byte) each);
        }
        frame.put((byte) 0).rewind();
        RequestGuard.check(frame, ApiKeys.LIST_GROUPS, (short) 3);
    }
}

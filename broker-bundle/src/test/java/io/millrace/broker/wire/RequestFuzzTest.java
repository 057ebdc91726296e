package io.millrace.broker.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.fuzz.Allocation;
import io.millrace.broker.fuzz.Fuzzing;
import io.millrace.broker.request.Call;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.AbstractRequest;
import org.junit.jupiter.api.Test;

/** Every request of every version: decoding ends in a request or in {@link MalformedRequestException}, takes memory in proportion, and loses nothing. */
public class RequestFuzzTest {

    private record Form(ApiKeys api, short version) {}

    private static final List<Form> FORMS = Stream.of(ApiKeys.values()).flatMap(api -> api.allVersions().stream().map(version -> new Form(api, version))).toList();
    /** Instrumented code allocates a little of its own. */
    private static final long ALLOWANCE = 4L * RequestGuard.MEMORY_FREE;
    /** Kafka's codec reads a field of the greatest tag there can be, and cannot write it. Nobody asks the broker to. */
    private static final String UNWRITABLE = "Attempted to use tag 2147483647 as an undefined tag.";

    @Test
    void knownFramesAreDecodedOrRefused() throws Exception {
        Fuzzing.replay(RequestFuzzTest.class, RequestFuzzTest::fuzzerTestOneInput);
    }

    @Test
    void newFramesAreDecodedOrRefused() throws Exception {
        RandomRequests requests = new RandomRequests(new Random(1));
        Fuzzing.search(RequestFuzzTest.class, FORMS.stream().map(form -> input(form, requests.frame(form.api, form.version))));
    }

    /** The API and version as an index, so that what the fuzzer makes of them is one that is there. */
    private static byte[] input(Form form, byte[] frame) {
        int index = FORMS.indexOf(form);
        byte[] input = frame.clone();
        input[0] = (byte) (index >> 8);
        input[1] = (byte) index;
        return input;
    }

    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        if (input.length < 8) {
            return;
        }
        Form form = FORMS.get(((input[0] & 0xff) << 8 | input[1] & 0xff) % FORMS.size());
        byte[] frame = input.clone();
        ByteBuffer.wrap(frame).putShort(form.api.id).putShort(form.version);
        long bound = (long) RequestGuard.MEMORY_PER_BYTE * frame.length + ALLOWANCE;
        assertThat(Allocation.of(() -> decode(form, frame), bound)).as("memory for %s of %d bytes", form, frame.length).isLessThan(bound);
        AbstractRequest request = decode(form, frame);
        if (request != null) {
            try {
                assertNothingIsLost(request, form);
            } catch (RuntimeException failure) {
                assertThat(failure).hasMessage(UNWRITABLE);
            }
        }
    }

    private static AbstractRequest decode(Form form, byte[] frame) {
        try {
            Call call = RequestDecoder.decode(ByteBuffer.wrap(frame), InetAddress.getLoopbackAddress(), (_, _) -> true);
            assertThat(call.header().apiKey()).isEqualTo(form.api);
            assertThat(call.version()).isEqualTo(form.version);
            return call.request();
        } catch (MalformedRequestException refused) {
            assertThat(refused.getMessage()).isNotBlank().hasSizeLessThan(1000).doesNotContainPattern("\\p{Cntrl}");
            return null;
        }
    }

    private static void assertNothingIsLost(AbstractRequest request, Form form) {
        byte[] once = encode(request, form.version);
        AbstractRequest again = AbstractRequest.parseRequest(form.api, form.version, new ByteBufferAccessor(ByteBuffer.wrap(once))).request;
        assertThat(Arrays.equals(encode(again, form.version), once)).as("%s comes back from its bytes", form).isTrue();
    }

    private static byte[] encode(AbstractRequest request, short version) {
        ByteBuffer bytes = MessageUtil.toByteBufferAccessor(request.data(), version).buffer();
        byte[] encoded = new byte[bytes.remaining()];
        bytes.get(encoded);
        return encoded;
    }
}

package io.millrace.broker.wire;

import io.millrace.broker.request.Call;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.regex.Pattern;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.RequestHeader;

/** Makes calls of frames. Stateless. */
public final class RequestDecoder {

    private static final int LONGEST_REASON = 500;
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    private RequestDecoder() {
    }

    /**
     * @param frame without its size; record payloads of the call are slices of it
     * @throws MalformedRequestException for an unknown API, a version that is not served, or a body that does not parse; an ApiVersions
     *         request of an unknown version is not malformed: its body is not read, since the answer tells the client what to use instead
     */
    public static Call decode(ByteBuffer frame, InetAddress client, ServedVersions served) throws MalformedRequestException {
        if (frame.remaining() < 8) {
            throw new MalformedRequestException("a frame of " + frame.remaining() + " bytes cannot hold a request header");
        }
        short key = frame.getShort(frame.position());
        short version = frame.getShort(frame.position() + 2);
        boolean versionsOfTheFuture = key == ApiKeys.API_VERSIONS.id && !ApiKeys.API_VERSIONS.isVersionSupported(version);
        if (!versionsOfTheFuture && !served.contains(key, version)) {
            String name = ApiKeys.hasId(key) ? ApiKeys.forId(key).name : "unknown";
            throw new MalformedRequestException("request " + key + " (" + name + ") version " + version + " is not served");
        }
        if (!versionsOfTheFuture) {
            check(frame, key, version);
        }
        try {
            RequestHeader header = RequestHeader.parse(frame);
            AbstractRequest request = versionsOfTheFuture
                    ? new ApiVersionsRequest(new ApiVersionsRequestData(), (short) 0, version)
                    : AbstractRequest.parseRequest(header.apiKey(), version, new ByteBufferAccessor(frame)).request;
            return new Call(header, request, client);
        } catch (RuntimeException broken) {
            throw new MalformedRequestException("request " + key + " version " + version + " does not parse: " + reason(broken), broken);
        }
    }

    /** Kafka's classes repeat what they were given, which may be a megabyte, and lines of their own for the log. */
    private static String reason(RuntimeException broken) {
        String message = String.valueOf(broken.getMessage());
        String told = message.length() <= LONGEST_REASON ? message : message.substring(0, LONGEST_REASON) + "...";
        return CONTROL.matcher(told).replaceAll("?");
    }

    /**
     * The heap that a request may take: the records of produce requests stay slices of the frame, everything else becomes objects.
     *
     * @param frame begins with the request's first bytes
     */
    public static long memory(ByteBuffer frame, int bytes) {
        boolean produce = frame.remaining() >= Short.BYTES && frame.getShort(frame.position()) == ApiKeys.PRODUCE.id;
        return produce ? bytes : (long) bytes * RequestGuard.MEMORY_PER_BYTE;
    }

    private static void check(ByteBuffer frame, short key, short version) throws MalformedRequestException {
        try {
            RequestGuard.check(frame, ApiKeys.forId(key), version);
        } catch (MalformedRequestException broken) {
            throw new MalformedRequestException("request " + key + " (" + ApiKeys.forId(key).name + ") version " + version + " does not parse " + broken.getMessage());
        }
    }

    /** Which versions of which APIs are decoded at all. */
    @FunctionalInterface
    public interface ServedVersions {
        boolean contains(short apiKey, short version);
    }
}

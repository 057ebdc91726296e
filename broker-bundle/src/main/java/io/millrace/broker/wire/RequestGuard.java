package io.millrace.broker.wire;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * Stands before the decoder, which makes a list of whatever length the bytes claim and believes in their elements later. Passes over a request by
 * its schema first: every length must fit what is left, and the memory of the decoded request must be in proportion to its bytes. The records of
 * a produce request are passed over in one step.
 */
final class RequestGuard {

    /** Small fields of one to four bytes become objects of some tens: this is more than real requests need. */
    static final int MEMORY_PER_BYTE = 8;
    static final int MEMORY_FREE = 1024 * 1024;

    /** By API and version, made when first needed. */
    private static final int VERSIONS = 32;
    private static final AtomicReferenceArray<WireShape> BODIES = new AtomicReferenceArray<>(ApiKeys.values().length * VERSIONS);
    private static final WireShape[] HEADERS = new WireShape[RequestHeaderData.SCHEMAS.length];

    static {
        for (int version = 0; version < HEADERS.length; version++) {
            if (RequestHeaderData.SCHEMAS[version] != null) {
                HEADERS[version] = WireShape.of(RequestHeaderData.SCHEMAS[version]);
            }
        }
    }

    private RequestGuard() {
    }

    /**
     * @param frame a header and a body of that API and version, which the API has; not changed
     * @return where the body ends
     */
    static int check(ByteBuffer frame, ApiKeys api, short version) throws MalformedRequestException {
        WireWalk walk = new WireWalk(frame, (long) MEMORY_PER_BYTE * frame.remaining() + MEMORY_FREE);
        HEADERS[api.requestHeaderVersion(version)].walk(walk);
        body(api, version).walk(walk);
        return walk.position();
    }

    static WireShape body(ApiKeys api, short version) {
        int index = api.id * VERSIONS + version;
        WireShape shape = BODIES.get(index);
        if (shape == null) {
            shape = WireShape.of(api.messageType.requestSchemas()[version]);
            BODIES.set(index, shape);
        }
        return shape;
    }
}

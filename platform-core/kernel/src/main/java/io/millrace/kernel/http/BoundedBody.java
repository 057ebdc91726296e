package io.millrace.kernel.http;

import io.millrace.api.http.HttpError;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A request body that refuses to be larger than allowed. */
final class BoundedBody extends FilterInputStream {

    private final long limit;
    private long left;

    BoundedBody(InputStream in, long limit) {
        super(in);
        this.limit = limit;
        this.left = limit;
    }

    static HttpError tooLarge(long limit) {
        return new HttpError(413, "the request's body is larger than the " + limit
                + " bytes allowed; see http.body.max.bytes and plugin.max.bytes");
    }

    @Override
    public int read() throws IOException {
        int value = super.read();
        spend(value < 0 ? 0 : 1);
        return value;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int count = super.read(target, offset, length);
        spend(Math.max(count, 0));
        return count;
    }

    @Override
    public long skip(long count) throws IOException {
        long skipped = super.skip(count);
        spend(skipped);
        return skipped;
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    private void spend(long count) {
        left -= count;
        if (left < 0) {
            throw tooLarge(limit);
        }
    }
}

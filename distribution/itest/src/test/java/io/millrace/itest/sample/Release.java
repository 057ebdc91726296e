package io.millrace.itest.sample;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Which release of the sample plugin this is; its jars differ in nothing else. */
final class Release {

    static final String ENTRY = "release.txt";

    private Release() {}

    static String version() {
        try (InputStream in = Release.class.getResourceAsStream("/" + ENTRY)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

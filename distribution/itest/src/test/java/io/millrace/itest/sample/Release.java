package io.millrace.itest.sample;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Which release of the sample plugin this is; and what it is bad at; its jars differ in nothing else. */
final class Release {

    static final String ENTRY = "release.txt";
    static final String FLAW_ENTRY = "flaw.txt";

    private Release() {}

    static String version() {
        return text(ENTRY);
    }

    /** Fails if this is what the release is bad at. */
    static void flaw(String place) {
        if (text(FLAW_ENTRY).equals(place)) {
            throw new IllegalStateException("release " + version() + " is bad at " + place);
        }
    }

    private static String text(String entry) {
        try (InputStream in = Release.class.getResourceAsStream("/" + entry)) {
            return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

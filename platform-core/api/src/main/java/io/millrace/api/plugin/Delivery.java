package io.millrace.api.plugin;

import java.nio.file.Path;

/**
 * A plugin file that is handed in, and what vouches for it.
 *
 * @param file      a bundle or a plain Kafka Connect plugin: jar, zip, tar.gz or folder; must stay as it is until the operation ends
 * @param sha256    checksum the file must have in lower-case hexadecimal, or empty
 * @param signature {@code KEY-ID:BASE64} as {@code millrace plugin sign} writes it, or empty
 * @param tag       stands in the events of the operation, so that who asked for it can tell them from others; may be empty
 */
public record Delivery(Path file, String sha256, String signature, String tag) {

    public static Delivery of(Path file) {
        return new Delivery(file, "", "", "");
    }
}

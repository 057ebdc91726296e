package io.millrace.broker.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.Properties;

/** Keys of Kafka's brokers that this one does not have, each with what stands in its place. Read when somebody asks for one. */
final class ForeignKeys {

    private static final String DECLARED = "/MILLRACE-INF/foreign-keys.properties";

    private ForeignKeys() {
    }

    /** Why there is no such key, or what to do instead; empty if Kafka has none either. */
    static Optional<String> reason(String name) {
        Properties declared = new Properties();
        try (InputStream file = ForeignKeys.class.getResourceAsStream(DECLARED)) {
            declared.load(file);
        } catch (IOException damaged) {
            throw new UncheckedIOException("cannot read " + DECLARED + " of the broker bundle", damaged);
        }
        String declaration = declared.getProperty(name);
        for (int dot = name.lastIndexOf('.'); declaration == null && dot >= 0; dot = name.lastIndexOf('.', dot - 1)) {
            declaration = declared.getProperty(name.substring(0, dot) + ".*");
        }
        return Optional.ofNullable(declaration).map(found -> found.substring(found.indexOf('|') + 1).strip());
    }
}

package io.millrace.connect.catalog;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.connect.storage.Converter;

/** What every connector may use without a plugin: the converters, transformations and predicates that come with Kafka. */
final class Stock {

    /** The shared Kafka bundle's. This bundle's own sees only those Kafka packages that its code names. */
    static final ClassLoader LOADER = Converter.class.getClassLoader();

    private static final String KAFKA_CONVERTERS = "org.apache.kafka.connect.converters.";
    private static final String OWN_CONVERTERS = "io.millrace.connect.converters.";
    private static final List<String> PRIMITIVES = Stream.of("ByteArray", "Boolean", "Integer", "Long", "Short", "Float", "Double")
            .map(name -> KAFKA_CONVERTERS + name + "Converter").toList();

    private static final Map<Kind, List<String>> CLASSES = Map.of(
            Kind.SOURCE, List.of(),
            Kind.SINK, List.of(),
            Kind.CONVERTER, join(List.of("org.apache.kafka.connect.json.JsonConverter", "org.apache.kafka.connect.storage.StringConverter"), PRIMITIVES),
            Kind.HEADER_CONVERTER, join(List.of("org.apache.kafka.connect.storage.SimpleHeaderConverter",
                    "org.apache.kafka.connect.json.JsonConverter", "org.apache.kafka.connect.storage.StringConverter"), PRIMITIVES),
            Kind.TRANSFORMATION, services(Kind.TRANSFORMATION),
            Kind.PREDICATE, services(Kind.PREDICATE),
            Kind.CONFIG_PROVIDER, Stream.of("File", "Directory", "EnvVar").map(name -> "org.apache.kafka.common.config.provider." + name + "ConfigProvider").toList());

    private Stock() {}

    static List<String> classes(Kind kind) {
        return CLASSES.get(kind);
    }

    /** Kafka keeps some converters in its own runtime; ours stand in for them under their names. */
    static String implementation(String className) {
        return PRIMITIVES.contains(className) ? OWN_CONVERTERS + className.substring(KAFKA_CONVERTERS.length()) : className;
    }

    static Class<?> load(String className) throws ClassNotFoundException {
        ClassLoader loader = className.startsWith(OWN_CONVERTERS) ? Stock.class.getClassLoader() : LOADER;
        return Class.forName(className, true, loader);
    }

    private static List<String> join(List<String> first, List<String> second) {
        List<String> all = new ArrayList<>(first);
        all.addAll(second);
        return List.copyOf(all);
    }

    private static List<String> services(Kind kind) {
        try {
            TreeSet<String> names = new TreeSet<>();
            for (URL file : Collections.list(LOADER.getResources("META-INF/services/" + kind.serviceTypes().getFirst()))) {
                try (InputStream in = file.openStream();
                        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
                    names.addAll(lines.lines().map(line -> line.replaceFirst("#.*", "").strip()).filter(line -> !line.isEmpty())
                            .collect(Collectors.toList()));
                }
            }
            return List.copyOf(names);
        } catch (IOException e) {
            throw new UncheckedIOException("the shared Kafka bundle's service files cannot be read", e);
        }
    }
}

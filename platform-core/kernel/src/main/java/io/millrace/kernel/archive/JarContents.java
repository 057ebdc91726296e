package io.millrace.kernel.archive;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.reflect.AccessFlag;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Packages, service files and class hierarchy of a plugin's jars, read without loading a class. Older plugins have no service files, so the
 * platform would not find their connectors; the hierarchy tells them.
 */
final class JarContents {

    private static final Logger LOG = LoggerFactory.getLogger(JarContents.class);
    /** No compiler writes larger ones. */
    private static final int LARGEST_CLASS = 16 << 20;
    private static final String SERVICES = "META-INF/services/";

    static final String STREAM_JOB = WrapImports.STREAMS + ".StreamJob";

    /** Kafka Connect's service types and stream jobs, by the internal names of what providers extend. */
    private static final Map<String, String> SERVICE_TYPES = Map.of(
            STREAM_JOB.replace('.', '/'), STREAM_JOB,
            "org/apache/kafka/connect/source/SourceConnector", "org.apache.kafka.connect.source.SourceConnector",
            "org/apache/kafka/connect/sink/SinkConnector", "org.apache.kafka.connect.sink.SinkConnector",
            "org/apache/kafka/connect/storage/Converter", "org.apache.kafka.connect.storage.Converter",
            "org/apache/kafka/connect/storage/HeaderConverter", "org.apache.kafka.connect.storage.HeaderConverter",
            "org/apache/kafka/connect/transforms/Transformation", "org.apache.kafka.connect.transforms.Transformation",
            "org/apache/kafka/connect/transforms/predicates/Predicate", "org.apache.kafka.connect.transforms.predicates.Predicate",
            "org/apache/kafka/common/config/provider/ConfigProvider", "org.apache.kafka.common.config.provider.ConfigProvider");

    private record ScannedClass(List<String> parents, boolean instantiable) {}

    private final Map<String, ScannedClass> classes = new HashMap<>();
    private final Set<String> packages = new HashSet<>();
    /** Providers that service files name, by type. */
    private final Map<String, Set<String>> declared = new HashMap<>();

    static JarContents of(List<Path> jars) throws IOException {
        JarContents contents = new JarContents();
        for (Path jar : jars) {
            contents.read(jar);
        }
        return contents;
    }

    Set<String> packages() {
        return packages;
    }

    boolean hasServiceFile(String type) {
        return declared.containsKey(type);
    }

    /**
     * Providers of each service type that no service file names. Those of Kafka Connect plugins need not be complete; who names stream jobs means these.
     *
     * @param shared packages whose classes are never the plugin's
     */
    Map<String, Set<String>> missingServices(Set<String> shared) {
        Map<String, Set<String>> missing = new TreeMap<>();
        classes.forEach((name, scanned) -> {
            String type = name.replace('/', '.');
            if (scanned.instantiable() && !shared.contains(type.substring(0, Math.max(0, type.lastIndexOf('.'))))) {
                for (String service : servicesOf(name, new HashSet<>())) {
                    boolean known = service.equals(STREAM_JOB) ? hasServiceFile(service) : declared.getOrDefault(service, Set.of()).contains(type);
                    if (!known) {
                        missing.computeIfAbsent(service, _ -> new TreeSet<>()).add(type);
                    }
                }
            }
        });
        return missing;
    }

    private Set<String> servicesOf(String name, Set<String> seen) {
        Set<String> found = new HashSet<>();
        ScannedClass scanned = classes.get(name);
        if (scanned != null && seen.add(name)) {
            for (String parent : scanned.parents()) {
                String service = SERVICE_TYPES.get(parent);
                if (service != null) {
                    found.add(service);
                }
                found.addAll(servicesOf(parent, seen));
            }
        }
        return found;
    }

    private void read(Path jar) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            Enumeration<? extends ZipEntry> entries = zip.entries();
            while (entries.hasMoreElements()) {
                ZipEntry entry = entries.nextElement();
                String name = entry.getName();
                if (name.startsWith(SERVICES) && !entry.isDirectory()) {
                    try (InputStream in = zip.getInputStream(entry)) {
                        String lines = new String(in.readNBytes(LARGEST_CLASS), StandardCharsets.UTF_8);
                        Set<String> named = declared.computeIfAbsent(name.substring(SERVICES.length()), _ -> new HashSet<>());
                        lines.lines().map(line -> line.replaceFirst("#.*", "").strip()).forEach(named::add);
                    }
                } else if (name.endsWith(".class") && !name.startsWith("META-INF/") && !name.endsWith("-info.class")) {
                    int slash = name.lastIndexOf('/');
                    if (slash > 0) {
                        packages.add(name.substring(0, slash).replace('/', '.'));
                    }
                    try (InputStream in = zip.getInputStream(entry)) {
                        byte[] bytes = in.readNBytes(LARGEST_CLASS + 1);
                        if (bytes.length <= LARGEST_CLASS) {
                            scan(jar, name, bytes);
                        }
                    }
                }
            }
        }
    }

    private void scan(Path jar, String entry, byte[] bytes) {
        try {
            ClassModel model = ClassFile.of().parse(bytes);
            List<String> parents = new ArrayList<>();
            model.superclass().map(ClassEntry::asInternalName).ifPresent(parents::add);
            model.interfaces().forEach(type -> parents.add(type.asInternalName()));
            boolean concrete = model.flags().has(AccessFlag.PUBLIC) && !model.flags().has(AccessFlag.ABSTRACT)
                    && !model.flags().has(AccessFlag.INTERFACE);
            classes.put(model.thisClass().asInternalName(), new ScannedClass(parents, concrete && hasPublicConstructor(model)));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            // One odd class, such as one of an obfuscator, is no reason to refuse the plugin.
            LOG.debug("{}: class file {} cannot be read: {}", jar.getFileName(), entry, e.getMessage());
        }
    }

    private static boolean hasPublicConstructor(ClassModel model) {
        for (MethodModel method : model.methods()) {
            if (method.methodName().equalsString("<init>") && method.methodType().equalsString("()V")
                    && method.flags().has(AccessFlag.PUBLIC)) {
                return true;
            }
        }
        return false;
    }
}

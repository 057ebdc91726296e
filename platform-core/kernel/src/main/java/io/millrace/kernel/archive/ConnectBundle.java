package io.millrace.kernel.archive;

import io.millrace.api.plugin.Plugin;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;

/** Writes the jars of a plain plugin, with connectors or stream jobs, as one bundle: nested, unpacked by nobody, with imports computed from the running platform. */
final class ConnectBundle {

    /** What the platform provides in the plugin's place. */
    private static final Pattern PROVIDED = Pattern.compile("(kafka-clients|connect-api|connect-json|connect-transforms|slf4j-api|millrace-streams)-\\d.*\\.jar");

    private final String name;
    private final String version;
    private final List<Path> jars;
    private final WrapImports imports;

    ConnectBundle(String name, String version, List<Path> jars, WrapImports imports) {
        this.name = name;
        this.version = version;
        this.jars = jars.stream().filter(jar -> !PROVIDED.matcher(jar.getFileName().toString()).matches()).toList();
        this.imports = imports;
    }

    void write(Path target) throws IOException {
        JarContents contents = JarContents.of(jars);
        Map<String, Set<String>> services = contents.missingServices(imports.kafka().keySet());
        boolean streams = services.containsKey(JarContents.STREAM_JOB) || contents.hasServiceFile(JarContents.STREAM_JOB);
        List<String> nested = new ArrayList<>();
        for (int i = 0; i < jars.size(); i++) {
            nested.add("lib/" + i + "-" + jars.get(i).getFileName());
        }
        try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(target), 64 * 1024);
                JarOutputStream out = new JarOutputStream(file, manifest(nested, importPackage(contents.packages(), streams)))) {
            // Nested jars are compressed already, and are read faster when their container is not.
            out.setLevel(0);
            for (Map.Entry<String, Set<String>> service : services.entrySet()) {
                out.putNextEntry(new ZipEntry("META-INF/services/" + service.getKey()));
                out.write((String.join("\n", service.getValue()) + "\n").getBytes(StandardCharsets.UTF_8));
            }
            for (int i = 0; i < jars.size(); i++) {
                out.putNextEntry(new ZipEntry(nested.get(i)));
                Files.copy(jars.get(i), out);
            }
        }
    }

    private Manifest manifest(List<String> nested, String importPackage) {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.put(Attributes.Name.MULTI_RELEASE, "true");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", "millrace.plugin." + name);
        main.putValue("Bundle-Version", version);
        main.putValue(Plugin.NAME_HEADER, name);
        main.putValue("Bundle-ClassPath", ".," + String.join(",", nested));
        main.putValue("Import-Package", importPackage);
        return manifest;
    }

    private String importPackage(Set<String> ownPackages, boolean streams) {
        StringJoiner header = new StringJoiner(",");
        // Connect itself must be there; of the rest a later platform may lack a package that this plugin never uses.
        imports.kafka().forEach((name, range) -> header.add(name + ";version=\"" + range + "\""
                + (name.startsWith("org.apache.kafka.connect.") ? "" : ";resolution:=optional")));
        if (streams) {
            imports.streams().forEach((name, range) -> header.add(name + ";version=\"" + range + "\""));
            if (imports.streams().isEmpty()) {
                // Nobody has it: the resolver says so, and names it.
                header.add(WrapImports.STREAMS);
            }
        }
        imports.logging().forEach(name -> header.add(name + ";version=\"[1.7,3)\""));
        imports.jackson().forEach((name, range) -> {
            if (!ownPackages.contains(name)) {
                header.add(name + ";version=\"" + range + "\";resolution:=optional");
            }
        });
        imports.jdk().forEach(name -> {
            if (!ownPackages.contains(name)) {
                header.add(name + ";resolution:=optional");
            }
        });
        return header.toString();
    }
}

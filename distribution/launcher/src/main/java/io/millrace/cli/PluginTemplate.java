package io.millrace.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** A Maven project with which a plugin's author begins: a source connector that works, its test, its packaging. */
final class PluginTemplate {

    /** Of the API that plugins meet here. */
    private static final String KAFKA = "4.3.1";
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");
    private static final Pattern PACKAGE = Pattern.compile("[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*");

    private final String javaPackage;
    private final Map<String, String> words = new LinkedHashMap<>();

    PluginTemplate(String name, String javaPackage, String version) throws IOException {
        if (!NAME.matcher(name).matches()) {
            throw new IOException("'" + name + "' is no name for a plugin; take small letters, digits and '-', such as my-plugin");
        }
        if (!PACKAGE.matcher(javaPackage).matches()) {
            throw new IOException("'" + javaPackage + "' is no Java package; take one such as org.example");
        }
        this.javaPackage = javaPackage;
        words.put("@package@", javaPackage);
        words.put("@name@", name);
        words.put("@Name@", className(name));
        words.put("@version@", version);
        words.put("@kafka@", KAFKA);
        words.put("@dependency-plugin@", "3.8.1");
    }

    private static String className(String name) {
        StringBuilder words = new StringBuilder();
        for (String word : name.split("-")) {
            words.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
        }
        return words.toString();
    }

    /** @throws IOException also if the folder is not empty */
    void write(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (var files = Files.list(folder)) {
                if (files.findAny().isPresent()) {
                    throw new IOException(folder + " is not empty; name another folder");
                }
            }
        }
        String classes = javaPackage.replace('.', '/') + "/";
        String prefix = words.get("@Name@");
        file(folder, "pom.xml", "pom.xml");
        file(folder, "README.md", "README.md");
        file(folder, "Source.java", "src/main/java/" + classes + prefix + "Source.java");
        file(folder, "SourceTask.java", "src/main/java/" + classes + prefix + "SourceTask.java");
        file(folder, "Release.java", "src/main/java/" + classes + "Release.java");
        file(folder, "Test.java", "src/test/java/" + classes + prefix + "SourceTest.java");
        text(folder.resolve("src/main/resources/" + classes + "release.properties"), "version=${project.version}\n");
        text(folder.resolve("src/main/resources/META-INF/services/org.apache.kafka.connect.source.SourceConnector"),
                javaPackage + "." + prefix + "Source\n");
        text(folder.resolve(".gitignore"), "target/\ndata/\n");
    }

    private void file(Path folder, String template, String target) throws IOException {
        try (InputStream in = PluginTemplate.class.getResourceAsStream("/plugin-template/" + template + ".txt")) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            for (Map.Entry<String, String> word : words.entrySet()) {
                text = text.replace(word.getKey(), word.getValue());
            }
            text(folder.resolve(target), text);
        }
    }

    private static void text(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}

package io.millrace.streams.job;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The files that say which jobs run: the user's in {@code etc/jobs}, and one for each job made through REST in {@code data/streams/jobs}. */
record JobFiles(Path given, Path made) {

    /** @param complaint told about each file that cannot be used; the others are */
    static List<JobSpec> read(Path folder, Consumer<String> complaint) {
        List<JobSpec> specs = new ArrayList<>();
        if (!Files.isDirectory(folder)) {
            return specs;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".json")).sorted().toList()) {
                try (InputStream json = Files.newInputStream(file)) {
                    specs.add(JobSpec.read(json, file.toString()));
                } catch (IOException | IllegalArgumentException e) {
                    complaint.accept(e instanceof IOException ? "cannot read " + file + ": " + e : e.getMessage());
                }
            }
        } catch (IOException e) {
            complaint.accept("cannot list " + folder + ": " + e);
        }
        return specs;
    }

    /** Durable on return. */
    void save(JobSpec spec) throws IOException {
        Files.createDirectories(made);
        Path beside = made.resolve(spec.name() + ".tmp");
        Files.write(beside, spec.toJson());
        try (FileChannel file = FileChannel.open(beside, StandardOpenOption.WRITE)) {
            file.force(true);
        }
        Files.move(beside, made.resolve(spec.name() + ".json"), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    void delete(String name) throws IOException {
        Files.deleteIfExists(made.resolve(name + ".json"));
    }
}

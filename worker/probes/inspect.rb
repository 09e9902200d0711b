# Lines as worker/inspection.hpp has them.
require "rbconfig"
puts "version\t#{RUBY_VERSION}"
puts "build\t#{RUBY_DESCRIPTION}"
puts "implementation\t#{RUBY_ENGINE}"
puts "executable\t#{RbConfig.ruby}"
puts "prefix\t#{RbConfig::CONFIG["prefix"]}"
if defined?(Gem::Specification)
  found = Gem::Specification.map { |gem| "#{gem.name}==#{gem.version}" }.uniq
  found.each { |gem| puts "package\t#{gem}" }
  puts "packages\t#{found.size}"
end
puts "end"

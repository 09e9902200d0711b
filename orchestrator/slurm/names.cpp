#include "orchestrator/slurm/names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace gaggle::slurm {

namespace {

/// What a job is doing beside its base state: bits of job_state, in the order in which squeue prefers them. By number,
/// because headers of different age lack some; Slurm gives no bit another meaning.
constexpr std::array flags{std::pair{15, "COMPLETING"},   std::pair{23, "STAGE_OUT"},     std::pair{14, "CONFIGURING"},
                           std::pair{13, "RESIZING"},     std::pair{10, "REQUEUED"},      std::pair{20, "REQUEUE_FED"},
                           std::pair{11, "REQUEUE_HOLD"}, std::pair{12, "SPECIAL_EXIT"},  std::pair{16, "STOPPED"},
                           std::pair{19, "REVOKED"},      std::pair{21, "RESV_DEL_HOLD"}, std::pair{22, "SIGNALING"}};
constexpr std::uint32_t base_mask = 0xff;

constexpr std::size_t first_ended = 3;
constexpr std::array base_states{"PENDING", "RUNNING",   "SUSPENDED", "COMPLETED", "CANCELLED", "FAILED",
                                 "TIMEOUT", "NODE_FAIL", "PREEMPTED", "BOOT_FAIL", "DEADLINE",  "OUT_OF_MEMORY"};

/// By number: those of enum job_state_reason up to 22.05. Later versions append.
constexpr std::array reasons{"",
                             "Priority",
                             "Dependency",
                             "Resources",
                             "PartitionNodeLimit",
                             "PartitionTimeLimit",
                             "PartitionDown",
                             "PartitionInactive",
                             "JobHeldAdmin",
                             "BeginTime",
                             "Licenses",
                             "AssociationJobLimit",
                             "AssociationResourceLimit",
                             "AssociationTimeLimit",
                             "Reservation",
                             "ReqNodeNotAvail",
                             "JobHeldUser",
                             "FrontEndDown",
                             "SchedDefer",
                             "PartitionDown",
                             "NodeDown",
                             "BadConstraints",
                             "SystemFailure",
                             "JobLaunchFailure",
                             "NonZeroExitCode",
                             "TimeLimit",
                             "InactiveLimit",
                             "InvalidAccount",
                             "InvalidQOS",
                             "QOSUsageThreshold",
                             "QOSJobLimit",
                             "QOSResourceLimit",
                             "QOSTimeLimit",
                             "BlockMaxError",
                             "BlockFreeAction",
                             "Cleaning",
                             "Prolog",
                             "QOSNotAllowed",
                             "AccountNotAllowed",
                             "DependencyNeverSatisfied",
                             "QOSGrpCpuLimit",
                             "QOSGrpCPUMinutesLimit",
                             "QOSGrpCPURunMinutesLimit",
                             "QOSGrpJobsLimit",
                             "QOSGrpMemLimit",
                             "QOSGrpNodeLimit",
                             "QOSGrpSubmitJobsLimit",
                             "QOSGrpWallLimit",
                             "QOSMaxCpuPerJobLimit",
                             "QOSMaxCpuMinutesPerJobLimit",
                             "QOSMaxNodePerJobLimit",
                             "QOSMaxWallDurationPerJobLimit",
                             "QOSMaxCpuPerUserLimit",
                             "QOSMaxJobsPerUserLimit",
                             "QOSMaxNodePerUserLimit",
                             "QOSMaxSubmitJobPerUserLimit",
                             "QOSMinCpuNotSatisfied",
                             "AssocGrpCpuLimit",
                             "AssocGrpCPUMinutesLimit",
                             "AssocGrpCPURunMinutesLimit",
                             "AssocGrpJobsLimit",
                             "AssocGrpMemLimit",
                             "AssocGrpNodeLimit",
                             "AssocGrpSubmitJobsLimit",
                             "AssocGrpWallLimit",
                             "AssocMaxJobsLimit",
                             "AssocMaxCpuPerJobLimit",
                             "AssocMaxCpuMinutesPerJobLimit",
                             "AssocMaxNodePerJobLimit",
                             "AssocMaxWallDurationPerJobLimit",
                             "AssocMaxSubmitJobLimit",
                             "JobHoldMaxRequeue",
                             "JobArrayTaskLimit",
                             "BurstBufferResources",
                             "BurstBufferStageIn",
                             "BurstBufferOperation",
                             "PowerNotAvail",
                             "PowerReserved",
                             "AssocGrpUnknown",
                             "AssocGrpUnknownMinutes",
                             "AssocGrpUnknownRunMinutes",
                             "AssocMaxUnknownPerJob",
                             "AssocMaxUnknownPerNode",
                             "AssocMaxUnknownMinutesPerJob",
                             "AssocMaxCpuPerNode",
                             "AssocGrpMemMinutes",
                             "AssocGrpMemRunMinutes",
                             "AssocMaxMemPerJob",
                             "AssocMaxMemPerNode",
                             "AssocMaxMemMinutesPerJob",
                             "AssocGrpNodeMinutes",
                             "AssocGrpNodeRunMinutes",
                             "AssocMaxNodeMinutesPerJob",
                             "AssocGrpEnergy",
                             "AssocGrpEnergyMinutes",
                             "AssocGrpEnergyRunMinutes",
                             "AssocMaxEnergyPerJob",
                             "AssocMaxEnergyPerNode",
                             "AssocMaxEnergyMinutesPerJob",
                             "AssocGrpGRES",
                             "AssocGrpGRESMinutes",
                             "AssocGrpGRESRunMinutes",
                             "AssocMaxGRESPerJob",
                             "AssocMaxGRESPerNode",
                             "AssocMaxGRESMinutesPerJob",
                             "AssocGrpLicense",
                             "AssocGrpLicenseMinutes",
                             "AssocGrpLicenseRunMinutes",
                             "AssocMaxLicensePerJob",
                             "AssocMaxLicenseMinutesPerJob",
                             "AssocGrpBB",
                             "AssocGrpBBMinutes",
                             "AssocGrpBBRunMinutes",
                             "AssocMaxBBPerJob",
                             "AssocMaxBBPerNode",
                             "AssocMaxBBMinutesPerJob",
                             "QOSGrpUnknown",
                             "QOSGrpUnknownMinutes",
                             "QOSGrpUnknownRunMinutes",
                             "QOSMaxUnknownPerJob",
                             "QOSMaxUnknownPerNode",
                             "QOSMaxUnknownPerUser",
                             "QOSMaxUnknownMinutesPerJob",
                             "QOSMinUnknown",
                             "QOSMaxCpuPerNode",
                             "QOSGrpMemoryMinutes",
                             "QOSGrpMemoryRunMinutes",
                             "QOSMaxMemoryMinutesPerJob",
                             "QOSMaxMemoryPerJob",
                             "QOSMaxMemoryPerNode",
                             "QOSMaxMemoryPerUser",
                             "QOSMinMemory",
                             "QOSGrpEnergy",
                             "QOSGrpEnergyMinutes",
                             "QOSGrpEnergyRunMinutes",
                             "QOSMaxEnergyPerJob",
                             "QOSMaxEnergyPerNode",
                             "QOSMaxEnergyPerUser",
                             "QOSMaxEnergyMinutesPerJob",
                             "QOSMinEnergy",
                             "QOSGrpNodeMinutes",
                             "QOSGrpNodeRunMinutes",
                             "QOSMaxNodeMinutesPerJob",
                             "QOSMinNode",
                             "QOSGrpGRES",
                             "QOSGrpGRESMinutes",
                             "QOSGrpGRESRunMinutes",
                             "QOSMaxGRESPerJob",
                             "QOSMaxGRESPerNode",
                             "QOSMaxGRESPerUser",
                             "QOSMaxGRESMinutesPerJob",
                             "QOSMinGRES",
                             "QOSGrpLicense",
                             "QOSGrpLicenseMinutes",
                             "QOSGrpLicenseRunMinutes",
                             "QOSMaxLicensePerJob",
                             "QOSMaxLicensePerUser",
                             "QOSMaxLicenseMinutesPerJob",
                             "QOSMinLicense",
                             "QOSGrpBB",
                             "QOSGrpBBMinutes",
                             "QOSGrpBBRunMinutes",
                             "QOSMaxBBPerJob",
                             "QOSMaxBBPerNode",
                             "QOSMaxBBPerUser",
                             "AssocMaxBBMinutesPerJob",
                             "QOSMinBB",
                             "DeadLine",
                             "MaxBBPerAccount",
                             "MaxCpuPerAccount",
                             "MaxEnergyPerAccount",
                             "MaxGRESPerAccount",
                             "MaxNodePerAccount",
                             "MaxLicensePerAccount",
                             "MaxMemoryPerAccount",
                             "MaxUnknownPerAccount",
                             "MaxJobsPerAccount",
                             "MaxSubmitJobsPerAccount",
                             "PartitionConfig",
                             "AccountingPolicy",
                             "FedJobLock",
                             "OutOfMemory",
                             "MaxMemPerLimit",
                             "AssocGrpBilling",
                             "AssocGrpBillingMinutes",
                             "AssocGrpBillingRunMinutes",
                             "AssocMaxBillingPerJob",
                             "AssocMaxBillingPerNode",
                             "AssocMaxBillingMinutesPerJob",
                             "QOSGrpBilling",
                             "QOSGrpBillingMinutes",
                             "QOSGrpBillingRunMinutes",
                             "QOSMaxBillingPerJob",
                             "QOSMaxBillingPerNode",
                             "QOSMaxBillingPerUser",
                             "QOSMaxBillingMinutesPerJob",
                             "MaxBillingPerAccount",
                             "QOSMinBilling",
                             "ReservationDeleted"};

std::string unknown(std::uint32_t number)
{
    return "UNKNOWN(" + std::to_string(number) + ")";
}

}  // namespace

std::string state_name(std::uint32_t job_state)
{
    for (const auto& [bit, name] : flags) {
        if ((job_state >> bit & 1U) != 0) {
            return name;
        }
    }
    const std::uint32_t base = job_state & base_mask;
    return base < base_states.size() ? base_states.at(base) : unknown(base);
}

std::string reason_name(std::uint32_t state_reason)
{
    return state_reason < reasons.size() ? reasons.at(state_reason) : unknown(state_reason);
}

bool is_ended(std::string_view state_name)
{
    return std::find(base_states.begin() + first_ended, base_states.end(), state_name) != base_states.end();
}

}  // namespace gaggle::slurm
